import { ApiError } from "../../lib/api";

/** Whatever was thrown, as an error that can be shown. */
export function failed(problem: unknown): ApiError {
  return problem instanceof ApiError
    ? problem
    : new ApiError(String(problem), "PortalError", null);
}
