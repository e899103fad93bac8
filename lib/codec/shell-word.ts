/** Provides `shellWord`, which quotes text for a POSIX shell. */

/** Returns `text` as one word of a POSIX shell, so that commands in messages can be copied. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
