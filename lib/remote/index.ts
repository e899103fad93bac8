/**
 * Connects `WindlassClient` of `windlass/client` to the unix socket of a server. For Node.
 *
 * @module windlass/client/node
 */
export { socketFetch } from './socket-fetch.js'
