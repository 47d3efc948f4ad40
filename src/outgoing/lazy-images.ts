import type { ImageFetcher } from '../domain/images/image.ts'

/** A fetcher of images that is closed with the gateway. */
export interface ClosableImageFetcher extends ImageFetcher {
  close(): Promise<void>
}

/** Makes the fetcher of images. The HTTP client is loaded at the first image. */
export function createLazyImageFetcher(userAgent: string): ClosableImageFetcher {
  let loading: Promise<ClosableImageFetcher> | undefined
  return {
    async fetch(url, signal) {
      loading ??= import('./images.ts').then(({ createImageFetcher }) => createImageFetcher(userAgent))
      return await (await loading).fetch(url, signal)
    },
    async close() {
      await (await loading)?.close()
    },
  }
}
