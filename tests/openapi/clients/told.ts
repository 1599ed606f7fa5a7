// What the clients share: where the server is, and that an answer has to be a success.
declare const process: { env: Record<string, string | undefined> };

export function url(dialect: string): string {
  const at = process.env[`STOA_${dialect.toUpperCase()}`];
  if (!at) throw new Error(`STOA_${dialect.toUpperCase()} says no address`);
  return at;
}

export function must<T>(answer: { data?: T; error?: unknown; response: Response }): NonNullable<T> {
  if (answer.data === undefined || answer.data === null)
    throw new Error(`${answer.response.status} ${answer.response.url}: ${JSON.stringify(answer.error)}`);
  return answer.data as NonNullable<T>;
}
