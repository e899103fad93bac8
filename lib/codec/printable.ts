/** Makes text from outside safe for messages: one line, of limited length, without terminal control characters. */

/**
 * Matches characters that control a terminal or are invisible: control and format characters (including bidirectional
 * marks and tags), lone surrogates, private use, line and paragraph separators, and code points that Unicode reserves
 * for further invisible characters.
 */
export const unprintable =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]|(?=\p{Default_Ignorable_Code_Point})\p{Cn}/gu

const escapeCharacter = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`

/** Returns `text` cut after `limit` characters, with every `unprintable` character escaped as `\u{hex}`. */
export function printable(text: string, limit = 160): string {
  const short = text.length > limit ? `${text.slice(0, limit)}…` : text
  return short.replace(unprintable, escapeCharacter)
}

/** Returns `printable(text, limit)` in double quotes. */
export const quoted = (text: string, limit?: number): string => `"${printable(text, limit)}"`

/** Maximum number of characters of an image name in a message. */
export const maxImageNameLength = 500
