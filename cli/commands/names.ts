/** Lists the names of the commands. The launcher needs them without loading the commands. */

/** Names of the commands, in the order of the help. */
export const commandNames = [
  'pull',
  'copy',
  'plan',
  'inspect',
  'ls',
  'cat',
  'tags',
  'images',
  'rm',
  'gc',
  'verify',
  'unpack',
  'serve',
  'bench',
  'demo',
] as const

/** Name of a command. */
export type CommandName = (typeof commandNames)[number]
