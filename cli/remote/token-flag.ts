/** Provides `--token-file`. */
import type { Command } from 'commander'
import { inGroup } from '../setup/option-groups.js'

/** Adds `--token-file` to a command that connects to a server. */
export const addTokenFlag = (command: Command): Command =>
  inGroup(command, 'server', (group) =>
    group.option(
      '--token-file <file>',
      'read the token of a server on TCP from this file (env: WINDLASS_TOKEN contains it)',
    ),
  )
