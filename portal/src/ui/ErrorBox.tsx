import type { ApiError } from "../lib/api";
import { CopyButton } from "./CopyButton";
import { Icon } from "./Icon";

/** What failed, its code, and what to do about it. */
export function ErrorBox({ error, retry }: { error: ApiError; retry?: () => void }) {
  const details = [error.code, error.requestId && `request ${error.requestId}`]
    .filter(Boolean)
    .join(" · ");
  return (
    <div className="error-box" role="alert">
      <Icon name="warning" />
      <div>
        <p>{error.message}</p>
        {error.hint && <p className="error-hint">{sentence(error.hint)}</p>}
        <p className="muted small">{details}</p>
        <div className="row">
          {retry && (
            <button type="button" className="button button-small" onClick={retry}>
              <Icon name="refresh" /> Retry
            </button>
          )}
          <CopyButton text={`${error.message}\n${details}`} label="Copy details" />
        </div>
      </div>
    </div>
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
