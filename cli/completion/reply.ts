/** Defines what `windlass complete` prints for the scripts of the shells. */
import { printable } from '../../lib/codec/printable.js'

/** A value for the word at the cursor. */
export interface Candidate {
  readonly value: string
  /** A few words that a shell may show beside the value. */
  readonly description?: string
}

/** What the shell is to offer. */
export interface Reply {
  /**
   * `words`: the candidates. `nospace`: the candidates, with no space behind them, because the word continues. `files` and
   * `directories`: paths, which the shell lists itself.
   */
  readonly kind: 'words' | 'nospace' | 'files' | 'directories'
  readonly candidates: readonly Candidate[]
}

/** Nothing to offer. */
export const nothing: Reply = { kind: 'words', candidates: [] }

/** Maximum number of candidates. A shell asks before it shows more than a hundred. */
const maxCandidates = 1_000

/** A value with another character could be taken for two values, or for a command of the terminal. */
const isSafe = ({ value }: Candidate): boolean => /^[\w.,:=@%+/~-]+$/.test(value) && !value.startsWith(':')

/** Formats a reply: a line `VALUE<TAB>DESCRIPTION` for each candidate, then `:KIND`. Values with other than plain characters are omitted. */
export function formatReply({ kind, candidates }: Reply): string {
  const lines = candidates
    .filter(isSafe)
    .slice(0, maxCandidates)
    .map(({ value, description = '' }) => `${value}\t${printable(description, 100)}\n`)
  return `${lines.join('')}:${kind}\n`
}
