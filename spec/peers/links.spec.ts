import { nextLink } from '../../lib/registry/link.js'
import { checkTable } from './check-table.js'
import { links } from './tables/links.js'

checkTable(links, (header) => nextLink(header) ?? 'none')
