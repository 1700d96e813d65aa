/** What Azure's metrics call the dimensions that a chart can be split by. */

export const DIMENSIONS: Record<string, string> = {
  "cloud/roleName": "role",
  "cloud/roleInstance": "instance",
  "application/version": "version",
  "operation/name": "operation",
  "request/resultCode": "code",
  "request/success": "success",
  "dependency/type": "type",
  "dependency/target": "target",
  "dependency/success": "success",
  "client/type": "client",
};

/** Azure's name of a dimension; what has none there keeps its own. */
export function azuresDimension(own: string): string {
  return Object.entries(DIMENSIONS).find(([, name]) => name === own)?.[0] ?? own;
}
