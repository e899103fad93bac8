/**
 * A server over one puller: an API to start, watch and steer pulls.
 *
 * @module windlass/server
 */
export { type ListenAddress, defaultSocket, isLoopback, parseAddress } from './listen/address.js'
export { isPortFree } from './listen/listen.js'
export { inheritedSocket } from './listen/inherited-socket.js'
export { type RunningServer, type ServeOptions, serve } from './server.js'
