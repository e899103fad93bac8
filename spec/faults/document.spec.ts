/** What goes wrong with what is read whole. */
import { testFaults } from './each-fault.js'

testFaults('status', 'manifest', 'config', 'tags')
