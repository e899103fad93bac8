/**
 * The hints of the errors of the store. spec/commands/ways-out.spec.ts follows each of them and runs the commands in
 * “quotes” literally.
 */
import { shellWord } from '../../codec/shell-word.js'

/** Hints by situation. */
export const waysOut = {
  /** For a blob, a record or a layout file that is missing or wrong. */
  repair: 'Bring it again with “windlass verify --repair”.',
  /** For a file that identifies the store. */
  rewrite: 'Write it again with “windlass verify --repair”.',
  /** For the list of names. */
  relist:
    'Write a new one with “windlass verify --repair”: it lists the images that are here, without names; a pull gives them their names again.',
  /** For an unexpected entry in place of a file or directory of the store. */
  moveAway: (path: string): string =>
    `Nothing in a store is followed through links. Move it away with “mv ${shellWord(path)} ${shellWord(`${path}.moved`)}”; what was lost with it comes again with “windlass verify --repair”.`,
  anotherStore: 'Name an empty or a new directory with “--store DIR”.',
  newerProgram: 'Use the program that made it, or name another store with “--store DIR”.',
  makeTarget: (target: string): string =>
    `Make what it leads to with “mkdir -p ${shellWord(target)}”, or name another store with “--store DIR”.`,
  pullAgain: (name: string): string => `Pull the image again with “windlass pull ${shellWord(name)}”.`,
  list: 'See which there are with “windlass images”.',
} as const
