import { nextLink } from '../../lib/registry/headers/link.js'
import { checkTable } from '../../testbench/peers/check-table.js'
import { links } from '../../testbench/peers/tables/links.js'

checkTable(links, (header) => nextLink(header) ?? 'none')
