/** What goes wrong below HTTP's meaning, and with time. */
import { testFaults } from './each-fault.js'

testFaults('wire', 'stall', 'tls')
