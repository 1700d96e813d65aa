/** The frame around every view: who am I looking at, when, and what else is there. */

import { Component, lazy, Suspense, useEffect, useState, type ReactNode } from "react";
import { ApiError, listResources, SIGN_IN, type Resource } from "../lib/api";
import { useReachable } from "../lib/reachable";
import { ErrorBox } from "../ui/ErrorBox";
import { Icon } from "../ui/Icon";
import { navigate, operationIn, useAddress, viewPath } from "./address";
import { deferred } from "./deferred";
import { Nav } from "./Nav";
import { RangeProvider } from "./range";
import { useShortcuts } from "./shortcuts";
import { TopBar } from "./TopBar";
import { VIEWS } from "./views";

const Palette = deferred(() => import("./Palette").then((m) => m.Palette));
const ShortcutHelp = deferred(() => import("./ShortcutHelp").then((m) => m.ShortcutHelp));
const CreateResource = lazy(() =>
  import("./CreateResource").then((m) => ({ default: m.CreateResource })),
);

const Resolve = lazy(() => import("./Resolve").then((m) => ({ default: m.Resolve })));
const UnknownResource = lazy(() =>
  import("./UnknownResource").then((m) => ({ default: m.UnknownResource })),
);

const LAST_APP = "openinsights.app";

const SignIn = lazy(() => import("./SignIn").then((m) => ({ default: m.SignIn })));

export function App() {
  if (location.pathname === SIGN_IN) {
    return (
      <Suspense>
        <SignIn />
      </Suspense>
    );
  }
  return (
    <RangeProvider>
      <Frame />
    </RangeProvider>
  );
}

interface Known {
  resources: Resource[] | null;
  error: ApiError | null;
  reload: () => void;
  add: (made: Resource) => void;
}

function useResources(): Known {
  const [resources, setResources] = useState<Resource[] | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    listResources(controller.signal)
      .then((list) => {
        setResources(list);
        setError(null);
      })
      .catch((problem: unknown) => {
        if (problem instanceof ApiError) setError(problem);
      });
    return () => controller.abort();
  }, [round]);
  return {
    resources,
    error,
    reload: () => setRound((n) => n + 1),
    add: (made) => setResources((known) => [...(known ?? []), made]),
  };
}

function Frame() {
  const { resources, error, reload, add } = useResources();
  const { app, view, search, creates } = useAddress();
  const reachable = useReachable();
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  useShortcuts({ palette: () => setPalette(true), help: () => setHelp(true) });

  const resource = resources && app ? named(resources, app) : null;
  const shown = VIEWS.find((one) => one.name === view) ?? null;
  const operation = operationIn(new URL(location.href));

  useEffect(() => {
    if (!resources) return;
    if (resource && shown && app !== resource.app_id) {
      // A name in the address works, and then reads as the id: names come again, ids do not.
      const rest = location.pathname.split("/").slice(3).join("/");
      navigate(`/a/${resource.app_id}/${rest}${location.search}`, true);
      return;
    }
    if (resource && shown) {
      localStorage.setItem(LAST_APP, resource.app_id);
      document.title = `${shown.title} · ${resource.name} · OpenInsights`;
      return;
    }
    if ((app && !resource) || operation || creates) return;
    const last = localStorage.getItem(LAST_APP);
    const home = resource ?? resources.find((one) => one.app_id === last) ?? resources[0];
    if (home) navigate(viewPath(home.app_id, "overview", search), true);
  }, [resources, resource, shown, app, search, operation, creates]);

  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to content
      </a>
      <TopBar
        resources={resources ?? []}
        resource={resource}
        ranged={shown?.ranged ?? false}
        refreshes={shown?.refreshes ?? false}
        openPalette={() => setPalette(true)}
      />
      <Nav resource={resource} view={shown?.name ?? null} />
      <main id="main" tabIndex={-1} className="main">
        {!reachable && (
          <p className="banner" role="alert">
            <Icon name="warning" /> The server does not answer. What is shown was its last answer.
          </p>
        )}
        {error && <ErrorBox error={error} retry={reload} />}
        {!resources && !error && <div className="skeleton" aria-busy="true" />}
        {resources && (creates || resources.length === 0) && (
          <Suspense>
            <CreateResource resources={resources} onCreated={add} />
          </Suspense>
        )}
        {resources && resources.length > 0 && app && !resource && (
          <Suspense>
            <UnknownResource name={app} several={ofName(resources, app)} resources={resources} />
          </Suspense>
        )}
        {operation && (
          <Suspense>
            <Resolve key={operation} operation={operation} />
          </Suspense>
        )}
        {resource && shown && (
          <Boundary key={`${resource.app_id}/${shown.name}`}>
            <Suspense fallback={<div className="skeleton" />}>
              <shown.component resource={resource} />
            </Suspense>
          </Boundary>
        )}
      </main>
      {palette && (
        <Palette
          resources={resources ?? []}
          resource={resource}
          onClose={() => setPalette(false)}
        />
      )}
      {help && <ShortcutHelp onClose={() => setHelp(false)} />}
    </div>
  );
}

/** The resource that an address names: by its id, or by a name that only one has. */
function named(resources: Resource[], app: string): Resource | null {
  const [only, ...others] = ofName(resources, app);
  return resources.find((one) => one.app_id === app) ?? (others.length ? null : (only ?? null));
}

function ofName(resources: Resource[], name: string): Resource[] {
  return resources.filter((one) => one.name.toLowerCase() === name.toLowerCase());
}

/** Keeps the shell alive when a view fails to draw. */
class Boundary extends Component<{ children: ReactNode }, { problem: Error | null }> {
  override state: { problem: Error | null } = { problem: null };

  static getDerivedStateFromError(problem: Error) {
    return { problem };
  }

  override render() {
    const { problem } = this.state;
    if (!problem) return this.props.children;
    const error = new ApiError(problem.message, "PortalError", null);
    return <ErrorBox error={error} retry={() => this.setState({ problem: null })} />;
  }
}
