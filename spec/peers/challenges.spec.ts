import { parseChallenges } from '../../lib/registry/challenge.js'
import { checkTable } from './check-table.js'
import { challenges } from './tables/challenges.js'

checkTable(challenges, (header) =>
  parseChallenges(header)
    .map(({ scheme, parameters, token68 }) =>
      [scheme, ...[...parameters].map(([name, value]) => `${name}=${value}`), token68]
        .filter((part) => part !== '')
        .join(' '),
    )
    .join('; '),
)
