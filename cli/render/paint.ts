/** Colours whole lines of a drawing. */

/** What a line is: the head of a pull, something that needs no attention, a warning, an error, a good end. */
export type Tone = 'head' | 'quiet' | 'warning' | 'error' | 'good'

/** Returns `text` in the colour of `tone`. */
export type Paint = (tone: Tone, text: string) => string

/** Sequences of SGR (ECMA-48): the eight colours that every terminal theme defines, and bold and dim. */
const codes: Readonly<Record<Tone, readonly [on: number, off: number]>> = {
  head: [1, 22],
  quiet: [2, 22],
  warning: [33, 39],
  error: [31, 39],
  good: [32, 39],
}

const inColour: Paint = (tone, text) => `\u001b[${codes[tone][0]}m${text}\u001b[${codes[tone][1]}m`

/** Returns `text` as it is. */
export const noPaint: Paint = (_, text) => text

/** Returns the paint for a terminal: without colours if `NO_COLOR` is set and not empty (https://no-color.org). */
export const paintFor = (env: Readonly<NodeJS.ProcessEnv>): Paint =>
  (env['NO_COLOR'] ?? '') === '' ? inColour : noPaint
