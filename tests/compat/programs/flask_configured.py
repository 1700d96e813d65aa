"""A Flask application whose tracing is configured by texts, as deployments do it."""

import flask

from opencensus.ext.flask.flask_middleware import FlaskMiddleware

app = flask.Flask("storefront")
app.config["OPENCENSUS"] = {
    "TRACE": {
        "SAMPLER": "opencensus.trace.samplers.ProbabilitySampler(rate=1.0)",
        "EXPORTER": """opencensus.ext.azure.trace_exporter.AzureExporter(
            connection_string="InstrumentationKey=00000000-0000-0000-0000-000000000000",
        )""",
        "PROPAGATOR": "opencensus.trace.propagation.b3_format.B3FormatPropagator()",
        "EXCLUDELIST_PATHS": ["private"],
    }
}
middleware = FlaskMiddleware()
middleware.init_app(app)


@app.get("/orders/<number>")
@app.get("/private/<number>")
def order(number):
    return number


client = app.test_client()
caller = {"x-b3-traceid": "a" * 32, "x-b3-spanid": "b" * 16, "x-b3-sampled": "1"}
print(client.get("/orders/7", headers=caller).text, client.get("/private/8").text)
print(type(middleware.exporter).__name__, middleware.sampler.rate, middleware.excludelist_paths)
