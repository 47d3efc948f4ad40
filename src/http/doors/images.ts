import type { ImageType, MessagePart } from '../../domain/models/provider.ts'
import { wrong } from './fields.ts'

const imageTypes: readonly string[] = [
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
] satisfies ImageType[]

/** Returns an image that came as base64. Throws `invalid_request` for a kind that models do not take, and for what is no base64. */
export function imagePart(mimeType: string, data: string, field: string): MessagePart {
  if (!isImageType(mimeType)) throw wrong(field, `must be one of ${imageTypes.join(', ')}`)
  if (data === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) throw wrong(field, 'must be base64')
  return { type: 'image', mimeType, data }
}

/** Returns an image by its URL: `data:` holds it, another one is fetched by the provider itself. Throws `invalid_request`. */
export function imageOfUrl(url: string, field: string): MessagePart {
  const inline = /^data:([\w/+.-]+);base64,(.*)$/s.exec(url)
  if (inline) return imagePart(inline[1] ?? '', inline[2] ?? '', field)
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return { type: 'image_url', url }
  throw wrong(field, 'must be an http, https or data: URL')
}

function isImageType(text: string): text is ImageType {
  return imageTypes.includes(text)
}
