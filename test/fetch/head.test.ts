import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTransport, fetchServerTime, type Transport } from '../../fetch/index.ts';
import { type Loopback, serveRoutes } from './loopback.ts';

const time = 'Wed, 01 Jul 2026 10:00:00 GMT';
let server: Loopback;
let transport: Transport;
beforeAll(async () => {
  server = await serveRoutes({
    '/there': (_request, response) => response.writeHead(200, { date: time }).end(),
    '/gone': (_request, response) => response.writeHead(404, { date: time }).end(),
    '/moved': (_request, response) => response.writeHead(302, { location: '/there' }).end(),
    '/unknown': (_request, response) => response.writeHead(501, { date: time }).end(),
    '/nonsense': (_request, response) => response.writeHead(200, { date: 'today' }).end(),
    '/forbidden': (_request, response) => response.writeHead(403).end(),
    '/silent': () => undefined,
  });
  transport = createTransport({ attempts: 1, timeouts: { answer: 500 } });
});
afterAll(async () => {
  transport.close();
  await server.close();
});

test.each(['/there', '/gone', '/moved', '/unknown'])('the time of a server is in its answer about %s', async (path) => {
  expect(await fetchServerTime(`${server.url}${path}`, { transport })).toEqual(new Date(time));
});

test('a time that is none is not known', async () => {
  expect(await fetchServerTime(`${server.url}/nonsense`, { transport })).toBeUndefined();
});

test.each([
  ['/forbidden', 'refused-by-server'],
  ['/silent', 'server-unreachable'],
])('what becomes of an answer such as %s is told', async (path, code) => {
  await expect(fetchServerTime(`${server.url}${path}`, { transport })).rejects.toMatchObject({ code });
});
