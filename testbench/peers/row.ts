/** One row of a peer's table: an input, what the peer's tests say of it, and what Windlass says. */
import type { Peer } from './peer.js'

/** What a row says of an input that is not accepted. */
export const refused = 'refused'

export interface Row<Given = string> {
  readonly peer: Peer
  /** The input as the page shows it. */
  readonly input: string
  /** The input as the function under test takes it. */
  readonly given: Given
  /** The meaning that the peer's tests give the input, in the words of this table; `refused` for none. */
  readonly theirs: string
  /** The meaning that Windlass gives it. */
  readonly ours: string
  /** Why the two differ; undefined where they are the same. */
  readonly because: string | undefined
}

export interface Table<Given = string> {
  /** The heading on the page. */
  readonly title: string
  /** What the input and the meaning are: a sentence for the page. */
  readonly about: string
  readonly rows: readonly Row<Given>[]
}

/** Rows in which Windlass says what the peer says: the input as shown, as given, and its meaning. */
export const agreedOn = <Given>(
  peer: Peer,
  rows: readonly (readonly [input: string, given: Given, meaning: string])[],
): Row<Given>[] =>
  rows.map(([input, given, meaning]) => ({
    peer,
    input,
    given,
    theirs: meaning,
    ours: meaning,
    because: undefined,
  }))

/** Rows in which Windlass says something else than the peer, each with the reason. */
export const differingOn = <Given>(
  peer: Peer,
  rows: readonly (readonly [input: string, given: Given, theirs: string, ours: string, because: string])[],
): Row<Given>[] =>
  rows.map(([input, given, theirs, ours, because]) => ({ peer, input, given, theirs, ours, because }))

/** `agreedOn` for inputs that are text. */
export const agreed = (peer: Peer, rows: readonly (readonly [input: string, meaning: string])[]): Row[] =>
  agreedOn(
    peer,
    rows.map(([input, meaning]) => [input, input, meaning] as const),
  )

/** `differingOn` for inputs that are text. */
export const differing = (
  peer: Peer,
  rows: readonly (readonly [input: string, theirs: string, ours: string, because: string])[],
): Row[] =>
  differingOn(
    peer,
    rows.map(([input, theirs, ours, because]) => [input, input, theirs, ours, because] as const),
  )

/** Rows for text that both refuse. */
export const bothRefuse = (peer: Peer, inputs: readonly string[]): Row[] =>
  agreed(
    peer,
    inputs.map((input) => [input, refused] as const),
  )
