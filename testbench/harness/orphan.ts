/** Starts a server, prints its process id and waits to be killed, for the test that the server ends too. */
import { startServer } from './server-process.js'

process.stdout.write(`${startServer('sleep', ['600']).pid}\n`)
