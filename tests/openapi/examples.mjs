// Every operation has an example of what is sent and of what comes back, where these are JSON. node examples.mjs DIALECT...
import { readFileSync } from 'node:fs';

let missing = 0;
for (const dialect of process.argv.slice(2)) {
  const document = JSON.parse(readFileSync(`${dialect}.json`, 'utf8'));
  const { elsewhere = [] } = await import(`./flows/${dialect}.mjs`);
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(methods)) {
      if (elsewhere.includes(operation.operationId)) continue;
      const success = Object.entries(operation.responses).filter(([status]) => status.startsWith('2')).map(([, r]) => r);
      const answered = success.map((r) => r.content?.['application/json']).filter(Boolean);
      if (answered.length && !answered.some((c) => c.example !== undefined)) {
        console.error(`${dialect}: ${method.toUpperCase()} ${path} has no example of its answer`);
        ++missing;
      }
      const asked = operation.requestBody?.content['application/json'];
      if (asked && asked.example === undefined) {
        console.error(`${dialect}: ${method.toUpperCase()} ${path} has no example of what is sent`);
        ++missing;
      }
    }
}
process.exitCode = missing ? 1 : 0;
