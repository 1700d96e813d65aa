/** The resource of an address, for parts that are told only the address. */

import { ApiError, listResources, type Resource } from "../lib/api";

/** The resource that an address names by its id or name. */
export async function resourceOf(app: string): Promise<Resource> {
  const all = await listResources();
  const found = all.find((one) => one.app_id === app || one.name === app);
  if (!found) throw new ApiError(`There is no resource “${app}”.`, "ResourceNotFound", null);
  return found;
}
