/** What goes wrong when a blob is somewhere else. */
import { testFaults } from './each-fault.js'

testFaults('redirect', 'foreign URL')
