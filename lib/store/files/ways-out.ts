/**
 * What to do about what the store refuses. Every error of the store takes its hint from here, and
 * spec/commands/ways-out.spec.ts does for each of them what the hint says: what stands in “quotes” is run as it stands.
 */
import { shellWord } from '../../codec/shell-word.js'

export const waysOut = {
  /** A blob, a record or a file of the layout that is missing, or not what it should be. */
  repair: 'Bring it again with “windlass verify --repair”.',
  /** A file that says what the store is. */
  rewrite: 'Write it again with “windlass verify --repair”.',
  /** The list of names. */
  relist:
    'Write a new one with “windlass verify --repair”: it lists the images that are here, without names; a pull gives them their names again.',
  /** Something else in the place of a file or directory of the store. */
  moveAway: (path: string): string =>
    `Nothing in a store is followed through links. Move it away with “mv ${shellWord(path)} ${shellWord(`${path}.moved`)}”; what was lost with it comes again with “windlass verify --repair”.`,
  anotherStore: 'Name an empty or a new directory with “--store DIR”.',
  newerProgram: 'Use the program that made it, or name another store with “--store DIR”.',
  makeTarget: (target: string): string =>
    `Make what it leads to with “mkdir -p ${shellWord(target)}”, or name another store with “--store DIR”.`,
  pullAgain: (name: string): string => `Pull the image again with “windlass pull ${shellWord(name)}”.`,
  list: 'See which there are with “windlass images”.',
} as const
