/**
 * Text from outside as it may stand in a message: on one line, of bounded length, and unable to steer a terminal.
 */

/**
 * The characters that steer a terminal or are invisible: controls, formats (bidirectional marks and tags too), lone
 * surrogates, private use, line and paragraph separators, and code points that are reserved for further invisible ones.
 */
export const steering = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]|(?=\p{Default_Ignorable_Code_Point})\p{Cn}/gu

const escaped = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`

/** `text` with everything that steers escaped, cut after `limit` characters. */
export function printable(text: string, limit = 160): string {
  const short = text.length > limit ? `${text.slice(0, limit)}…` : text
  return short.replace(steering, escaped)
}

/** The same in double quotes. */
export const quoted = (text: string, limit?: number): string => `"${printable(text, limit)}"`

/** Characters of a name of an image that are shown. */
export const titleLength = 500
