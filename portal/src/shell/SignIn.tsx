import { useEffect, useState, type SyntheticEvent, type ReactNode } from "react";
import {
  ApiError,
  lookSession,
  makeFirstAdministrator,
  signIn,
  type SessionReply,
} from "../lib/api";
import { ErrorBox } from "../ui/ErrorBox";
import { Icon } from "../ui/Icon";

export const MIN_PASSWORD = 12;
const FIRST = "#first=";
/** Taken when the page is loaded, for a component may be begun twice. */
const SECRET = takeSecret();

/** The page before every other one, where the server asks who is there. */
export function SignIn() {
  const [session, setSession] = useState<SessionReply | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  useEffect(() => {
    document.title = "Sign in · OpenInsights";
    const controller = new AbortController();
    lookSession(controller.signal)
      .then(setSession)
      .catch((problem: unknown) => {
        if (problem instanceof ApiError) setError(problem);
      });
    return () => controller.abort();
  }, []);
  return (
    <main id="main" className="sign-in">
      <section className="card narrow">
        <div className="card-body">
          {error && <ErrorBox error={error} />}
          {SECRET ? (
            <FirstAdministrator secret={SECRET} />
          ) : (
            session && <ByPassword session={session} />
          )}
        </div>
      </section>
    </main>
  );
}

function ByPassword({ session }: { session: SessionReply }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const problem = new URLSearchParams(location.search).get("problem");
  return (
    <>
      <h1>Sign in to OpenInsights</h1>
      {problem && (
        <p className="error-box" role="alert">
          <Icon name="warning" /> {problem}
        </p>
      )}
      {session.awaits_first_administrator && (
        <p>
          There is no administrator yet. Open the link that the server printed when it started, or
          make one with <code>openinsights user create</code>.
        </p>
      )}
      <Form
        action="Sign in"
        ready={name.trim() !== "" && password !== ""}
        run={() => signIn(name, password)}
      >
        <Field label="Name" value={name} onChange={setName} autoComplete="username" />
        <Field
          label="Password"
          value={password}
          onChange={setPassword}
          autoComplete="current-password"
          secret
        />
      </Form>
      {session.provider && (
        <p>
          <a
            className="button"
            href={`/sign-in/provider?to=${encodeURIComponent(destination())}`}
          >
            Sign in with {session.provider}
          </a>
        </p>
      )}
    </>
  );
}

function FirstAdministrator({ secret }: { secret: string }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const differs = again !== "" && again !== password;
  return (
    <>
      <h1>Make the first administrator</h1>
      <p>
        The administrator may do everything, and lets others in. This link works once.
      </p>
      <Form
        action="Make the administrator"
        ready={name.trim() !== "" && password.length >= MIN_PASSWORD && again === password}
        run={() => makeFirstAdministrator(secret, name, password)}
      >
        <Field label="Name" value={name} onChange={setName} autoComplete="username" />
        <Field
          label={`Password, ${MIN_PASSWORD} characters or more`}
          value={password}
          onChange={setPassword}
          autoComplete="new-password"
          secret
        />
        <Field
          label="Password again"
          value={again}
          onChange={setAgain}
          autoComplete="new-password"
          problem={differs ? "The two passwords differ." : ""}
          secret
        />
      </Form>
    </>
  );
}

interface FormProps {
  action: string;
  ready: boolean;
  run: () => Promise<unknown>;
  children: ReactNode;
}

/** Runs what it is for, then goes where the visitor wanted to. */
function Form({ action, ready, run, children }: FormProps) {
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    run()
      .then(() => location.replace(destination()))
      .catch((problem: unknown) => {
        if (problem instanceof ApiError) setError(problem);
        setBusy(false);
      });
  };
  return (
    <form className="sign-in-form" onSubmit={submit}>
      {children}
      <button type="submit" className="button button-primary" disabled={busy || !ready}>
        {action}
      </button>
      {error && <ErrorBox error={error} />}
    </form>
  );
}

interface FieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  autoComplete: string;
  problem?: string;
  secret?: boolean;
}

function Field({ label, value, onChange, autoComplete, problem = "", secret }: FieldProps) {
  return (
    <label>
      <span>{label}</span>
      <input
        className="input"
        type={secret ? "password" : "text"}
        value={value}
        maxLength={secret ? 1024 : 255}
        autoComplete={autoComplete}
        spellCheck={false}
        aria-invalid={problem !== ""}
        onChange={(event) => onChange(event.target.value)}
      />
      <span className="small" role="status">
        {problem}
      </span>
    </label>
  );
}

/** Where the visitor wanted to go: a place of this portal, whatever the address says. */
function destination(): string {
  const wanted = new URLSearchParams(location.search).get("to") ?? "/";
  try {
    const url = new URL(wanted, location.origin);
    if (url.origin !== location.origin || url.pathname === "/sign-in") return "/";
    return url.pathname + url.search;
  } catch {
    return "/";
  }
}

/** The secret of the first link, which then stands in the address bar no longer. */
function takeSecret(): string | null {
  if (!location.hash.startsWith(FIRST)) return null;
  const secret = location.hash.slice(FIRST.length);
  history.replaceState(null, "", location.pathname + location.search);
  return secret;
}
