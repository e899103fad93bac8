/** What the commands are called, in the order in which the help lists them. */
export const commandNames = [
  'pull',
  'inspect',
  'tags',
  'images',
  'rm',
  'gc',
  'verify',
  'unpack',
  'demo',
] as const

export type CommandName = (typeof commandNames)[number]
