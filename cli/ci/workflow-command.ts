// Workflow commands of GitHub Actions: lines of a step's output that its runner obeys (docs.github.com, "Workflow commands
// for GitHub Actions"; escaping as in actions/toolkit, core/src/command.ts). Pure.

/** `::name key=value,key=value::data`, everything escaped; one line without its end. */
export function workflowCommand(
  name: string,
  data: string,
  properties: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const given = Object.entries(properties).filter(([, value]) => value !== undefined && value !== '');
  const words = given.map(([key, value]) => `${key}=${escapeProperty(String(value))}`).join(',');
  return `::${name}${words === '' ? '' : ` ${words}`}::${escapeData(data)}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
