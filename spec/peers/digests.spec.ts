import { parseDigest } from '../../lib/image/digest/digest.js'
import { checkTable } from '../../testbench/peers/check-table.js'
import { digests } from '../../testbench/peers/tables/digests.js'

checkTable(digests, parseDigest)
