/**
 * The hints of the errors of the store. spec/commands/recovery-hints.spec.ts runs the commands in “quotes” as they are
 * written here.
 */
import { shellWord } from '../../codec/shell-word.js'

/** Hints by situation. */
export const recoveryHints = {
  /** For a blob, a record or a layout file that is missing or wrong. */
  repair: 'Fetch it again with “windlass verify --repair”.',
  /** For a damaged `windlass.json` or `oci-layout`, which identify the store. */
  rewrite: 'Rewrite it with “windlass verify --repair”.',
  /** For a damaged `index.json`, which contains the names. */
  relist:
    'Rebuild it with “windlass verify --repair”: the new list has all images of the store, without names. A pull names an image again.',
  /** For an unexpected entry, such as a link, at the path of a file or directory of the store. */
  moveAway: (path: string): string =>
    `Windlass follows no links inside a store. Move it away with “mv ${shellWord(path)} ${shellWord(`${path}.moved`)}”, then fetch what is missing with “windlass verify --repair”.`,
  anotherStore: 'Name an empty or new directory with “--store DIR”.',
  newerProgram: 'Use the program that made it, or name another store with “--store DIR”.',
  makeTarget: (target: string): string =>
    `Create its target with “mkdir -p ${shellWord(target)}”, or name another store with “--store DIR”.`,
  pullAgain: (name: string): string => `Pull the image again with “windlass pull ${shellWord(name)}”.`,
  list: 'List the images with “windlass images”.',
} as const
