/** The token of a server that listens on TCP. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Returns a new token: 256 random bits as base64url. */
export const newToken = (): string => randomBytes(32).toString('base64url')

/** Compares tokens in constant time. */
export class TokenCheck {
  readonly #digest: Buffer

  constructor(token: string) {
    this.#digest = digestOf(token)
  }

  /** Reports whether the header `Authorization` contains the token, as Bearer or as the password of Basic. */
  accepts(authorization: string | undefined): boolean {
    const [scheme = '', value = ''] = (authorization ?? '').split(/ +/, 2)
    if (/^bearer$/i.test(scheme)) return this.#is(value)
    // For clients of registries, which send a user name and a password.
    if (/^basic$/i.test(scheme))
      return this.#is(
        Buffer.from(value, 'base64')
          .toString()
          .replace(/^[^:]*:/, ''),
      )
    return false
  }

  #is(token: string): boolean {
    return timingSafeEqual(digestOf(token), this.#digest)
  }
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()
