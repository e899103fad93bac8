/** What goes wrong on the way to a token. */
import { testFaults } from './each-fault.js'

testFaults('ping', 'challenge', 'token')
