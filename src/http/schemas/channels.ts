import { Type } from '../../schema/type.ts'
import { strict } from './common.ts'

/** Path of one channel. */
export const ChannelParams = strict({
  name: Type.String({ minLength: 1, maxLength: 64, examples: ['telegram'] }),
})
