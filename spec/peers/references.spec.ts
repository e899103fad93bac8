import { parseReference } from '../../lib/image/reference/parse-reference.js'
import { checkTable } from '../../testbench/peers/check-table.js'
import { references } from '../../testbench/peers/tables/references.js'
import { referencesOfClients } from '../../testbench/peers/tables/references-of-clients.js'

for (const table of [references, referencesOfClients])
  checkTable(table, (text) => parseReference(text).toString())
