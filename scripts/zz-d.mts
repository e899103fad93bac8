import { describeTree } from '../lib/archive/index.js'
for (const root of process.argv.slice(2)) for (const e of await describeTree(root)) console.log(e.path, e.type, e.mode.toString(8), e.uid, e.gid, e.path==='.'&&!root.includes('layers') ? '-' : e.mtime, [...e.xattrs].join(), e.sha256 ?? e.target ?? '')
