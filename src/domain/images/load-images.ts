import { GatewayError } from '../errors.ts'
import type { ImageType } from '../models/provider.ts'
import { type Attachment, type Image, type ImageFetcher, imageBytesMax } from './image.ts'

/**
 * Returns the images of a message, in order: those given by URL are fetched, and all are what they say they are, by their first bytes.
 * Throws `invalid_request` naming the attachment.
 */
export async function loadImages(
  attachments: readonly Attachment[],
  fetcher: ImageFetcher,
  signal: AbortSignal,
): Promise<readonly Image[]> {
  return await Promise.all(attachments.map((attachment, index) => load(attachment, index, fetcher, signal)))
}

async function load(
  attachment: Attachment,
  index: number,
  fetcher: ImageFetcher,
  signal: AbortSignal,
): Promise<Image> {
  const field = `attachments.${index}`
  if ('data' in attachment)
    return imageOf(attachment.mimeType, decoded(attachment.data, field), `${field}.data`)
  try {
    return imageOf(attachment.mimeType, await fetcher.fetch(attachment.url, signal), `${field}.url`)
  } catch (error) {
    if (!(error instanceof GatewayError) || error.details !== undefined) throw error
    throw new GatewayError(error.code, `${field}.url: ${error.message}`, {
      cause: error.cause,
      details: { field: `${field}.url` },
    })
  }
}

function imageOf(said: ImageType | undefined, bytes: Uint8Array, field: string): Image {
  const mimeType = typeOf(bytes)
  if (mimeType === undefined)
    throw wrong(field, 'is no image of the types image/png, image/jpeg, image/gif and image/webp')
  if (said !== undefined && said !== mimeType) throw wrong(field, `is ${mimeType}, but mimeType says ${said}`)
  return { type: 'image', mimeType, data: Buffer.from(bytes).toString('base64') }
}

function decoded(data: string, field: string): Uint8Array {
  const name = `${field}.data`
  if (data.startsWith('data:'))
    throw wrong(name, 'must be the base64 alone, without "data:…;base64," before it')
  // Four characters are three bytes.
  if (data.length > Math.ceil(imageBytesMax / 3) * 4)
    throw wrong(name, `is larger than ${imageBytesMax} bytes`)
  if (data.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) throw wrong(name, 'is no base64')
  const bytes = Buffer.from(data, 'base64')
  if (bytes.length > imageBytesMax) throw wrong(name, `is larger than ${imageBytesMax} bytes`)
  return bytes
}

// The signatures of the formats' own standards; a type that only its sender claims is no type.
function typeOf(bytes: Uint8Array): ImageType | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 16))
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (start.startsWith('GIF87a') || start.startsWith('GIF89a')) return 'image/gif'
  return start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP' ? 'image/webp' : undefined
}

function wrong(field: string, what: string): GatewayError {
  return new GatewayError('invalid_request', `${field} ${what}.`, { details: { field } })
}
