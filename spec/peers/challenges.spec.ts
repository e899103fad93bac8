import { parseChallenges } from '../../lib/registry/headers/challenge.js'
import { checkTable } from '../../testbench/peers/check-table.js'
import { challenges } from '../../testbench/peers/tables/challenges.js'

checkTable(challenges, (header) =>
  parseChallenges(header)
    .map(({ scheme, parameters, token68 }) =>
      [scheme, ...[...parameters].map(([name, value]) => `${name}=${value}`), token68]
        .filter((part) => part !== '')
        .join(' '),
    )
    .join('; '),
)
