import { parseDigest } from '../../lib/image/digest.js'
import { checkTable } from './check-table.js'
import { digests } from './tables/digests.js'

checkTable(digests, parseDigest)
