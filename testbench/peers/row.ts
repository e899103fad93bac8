/** Defines a test case from the tests of another tool (a peer): an input, and its meaning there and in Windlass. */
import type { Peer } from './peer.js'

/** Meaning of an input that is not accepted. */
export const refused = 'refused'

export interface Row<Given = string> {
  readonly peer: Peer
  /** Input as shown on the page. */
  readonly input: string
  /** Input of the function under test. */
  readonly given: Given
  /** Meaning in the peer's tests, as a text that the table defines; `refused` if the input is not accepted. */
  readonly theirs: string
  /** Meaning in Windlass. */
  readonly ours: string
  /** Reason for a difference; undefined if the meanings are the same. */
  readonly because: string | undefined
}

/** Test cases about one subject. */
export interface Table<Given = string> {
  /** Heading on the page. */
  readonly title: string
  /** Sentence for the page that explains the inputs and the meanings. */
  readonly about: string
  readonly rows: readonly Row<Given>[]
}

/** Returns rows in which Windlass agrees with the peer: the input as shown, the input as given, and the meaning. */
export const agreeingRows = <Given>(
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
export const differingRows = <Given>(
  peer: Peer,
  rows: readonly (readonly [input: string, given: Given, theirs: string, ours: string, because: string])[],
): Row<Given>[] =>
  rows.map(([input, given, theirs, ours, because]) => ({ peer, input, given, theirs, ours, because }))

/** Returns rows with a text as the input in which Windlass agrees with the peer. */
export const agreeingTexts = (
  peer: Peer,
  rows: readonly (readonly [input: string, meaning: string])[],
): Row[] =>
  agreeingRows(
    peer,
    rows.map(([input, meaning]) => [input, input, meaning] as const),
  )

/** Returns rows with a text as the input in which Windlass differs from the peer. */
export const differingTexts = (
  peer: Peer,
  rows: readonly (readonly [input: string, theirs: string, ours: string, because: string])[],
): Row[] =>
  differingRows(
    peer,
    rows.map(([input, theirs, ours, because]) => [input, input, theirs, ours, because] as const),
  )

/** Returns rows with a text as the input that both refuse. */
export const refusedTexts = (peer: Peer, inputs: readonly string[]): Row[] =>
  agreeingTexts(
    peer,
    inputs.map((input) => [input, refused] as const),
  )
