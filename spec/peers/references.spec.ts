import { parseReference } from '../../lib/image/parse-reference.js'
import { checkTable } from './check-table.js'
import { references } from './tables/references.js'
import { referencesOfClients } from './tables/references-of-clients.js'

for (const table of [references, referencesOfClients])
  checkTable(table, (text) => parseReference(text).toString())
