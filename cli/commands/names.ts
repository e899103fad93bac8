/** Lists the names of the commands. The launcher needs them without loading the commands. */

/** Names of the commands, in the order of the help. */
export const commandNames = [
  'pull',
  'copy',
  'plan',
  'unpack',
  'bundle',
  'mount',
  'umount',
  'inspect',
  'ls',
  'cat',
  'tags',
  'referrers',
  'policy',
  'login',
  'logout',
  'images',
  'export',
  'import',
  'rm',
  'gc',
  'verify',
  'serve',
  'ps',
  'watch',
  'pause',
  'resume',
  'cancel',
  'limit',
  'bench',
  'demo',
  'doctor',
  'version',
  'completion',
] as const

/** Name of a command. */
export type CommandName = (typeof commandNames)[number]
