/** Queries to start from. */

export const EXAMPLES: { title: string; query: string }[] = [
  {
    title: "Requests per minute, by success",
    query: `requests
| where timestamp > ago(1h)
| summarize count() by bin(timestamp, 1m), success
| render timechart`,
  },
  {
    title: "Slowest operations",
    query: `requests
| where timestamp > ago(1d)
| summarize percentiles(duration, 50, 95, 99) by name
| order by percentile_duration_95 desc
| render barchart`,
  },
  {
    title: "Most frequent exceptions",
    query: `exceptions
| where timestamp > ago(1d)
| summarize count() by problemId
| top 10 by count_`,
  },
  {
    title: "Warnings and errors in the log",
    query: `traces
| where timestamp > ago(1h) and severityLevel >= 2
| project timestamp, severityLevel, message, operation_Id, customDimensions
| order by timestamp desc`,
  },
  {
    title: "Dependencies, by type and target",
    query: `dependencies
| where timestamp > ago(1d)
| summarize avg(duration), count() by type, target
| render table`,
  },
  {
    title: "Custom metrics over time",
    query: `customMetrics
| where timestamp > ago(1d)
| summarize total = sum(valueSum) by name, bin(timestamp, 5m)
| render timechart`,
  },
  {
    title: "Share of result codes",
    query: `requests
| where timestamp > ago(1d)
| summarize count() by resultCode
| render piechart`,
  },
  {
    title: "Newest telemetry of any kind",
    query: `union requests, dependencies, exceptions, traces, customEvents
| project timestamp, itemType, name, message, operation_Id, cloud_RoleName
| top 100 by timestamp desc`,
  },
];
