/** Defines a row of a peer's table: an input, its meaning in the peer's tests, and its meaning in Windlass. */
import type { Peer } from './peer.js'

/** Meaning of an input that is not accepted. */
export const refused = 'refused'

export interface Row<Given = string> {
  readonly peer: Peer
  /** Input as shown on the page. */
  readonly input: string
  /** Input of the function under test. */
  readonly given: Given
  /** Meaning in the peer's tests, in the words of this table; `refused` if the input is not accepted. */
  readonly theirs: string
  /** Meaning in Windlass. */
  readonly ours: string
  /** Reason for a difference; undefined if the meanings are the same. */
  readonly because: string | undefined
}

export interface Table<Given = string> {
  /** Heading on the page. */
  readonly title: string
  /** Sentence for the page that explains the inputs and the meanings. */
  readonly about: string
  readonly rows: readonly Row<Given>[]
}

/** Returns rows in which Windlass agrees with the peer: the input as shown, the input as given, and the meaning. */
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

/** Returns rows in which Windlass differs from the peer, each with the reason. */
export const differingOn = <Given>(
  peer: Peer,
  rows: readonly (readonly [input: string, given: Given, theirs: string, ours: string, because: string])[],
): Row<Given>[] =>
  rows.map(([input, given, theirs, ours, because]) => ({ peer, input, given, theirs, ours, because }))

/** `agreedOn` for text inputs. */
export const agreed = (peer: Peer, rows: readonly (readonly [input: string, meaning: string])[]): Row[] =>
  agreedOn(
    peer,
    rows.map(([input, meaning]) => [input, input, meaning] as const),
  )

/** `differingOn` for text inputs. */
export const differing = (
  peer: Peer,
  rows: readonly (readonly [input: string, theirs: string, ours: string, because: string])[],
): Row[] =>
  differingOn(
    peer,
    rows.map(([input, theirs, ours, because]) => [input, input, theirs, ours, because] as const),
  )

/** Returns rows for text inputs that both refuse. */
export const bothRefuse = (peer: Peer, inputs: readonly string[]): Row[] =>
  agreed(
    peer,
    inputs.map((input) => [input, refused] as const),
  )
