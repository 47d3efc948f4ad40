import type { ImageType, MessagePart } from '../models/provider.ts'

/** An image that comes with a message: its bytes in base64, or where they are. */
export type Attachment =
  | { readonly type: 'image'; readonly mimeType: ImageType; readonly data: string }
  | { readonly type: 'image'; readonly mimeType?: ImageType; readonly url: string }

/** An image as a model is shown it. */
export type Image = Extract<MessagePart, { type: 'image' }>

/** Fetches images from URLs that a caller gave. */
export interface ImageFetcher {
  /**
   * Resolves to the bytes behind a public http(s) URL. Rejects with `invalid_request` for a URL that may not be called, an answer that is no
   * 200, redirects included, more than `imageBytesMax`, or none within 10 s, and with the signal's reason.
   */
  fetch(url: string, signal: AbortSignal): Promise<Uint8Array>
}

/** The most bytes that one image may have: 5 MiB, as Anthropic's API takes it. */
export const imageBytesMax: number = 5 * 1024 * 1024
