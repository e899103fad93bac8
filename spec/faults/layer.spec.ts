/** What goes wrong with the bytes of a layer. */
import { testFaults } from './each-fault.js'

testFaults('blob', 'range')
