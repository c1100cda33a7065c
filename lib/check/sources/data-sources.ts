/** The types of Grafana's data sources that are queried in PromQL. */
const queried = ['prometheus', 'grafana-amazonprometheus-datasource', 'grafana-azureprometheus-datasource'];

/** Whether a data source of this type is queried in PromQL; so is one whose type nobody tells. */
export const isQueried = (type: string | undefined): boolean => type === undefined || queried.includes(type);

/** The type of a data source that is known by a name only. Source: the names that people and Grafana itself give them. */
export const typeInName = (name: string): string | undefined =>
  /loki|tempo|elasticsearch|influx|cloudwatch|mysql|postgres|testdata|grafana --/i.exec(name)?.[0].toLowerCase();
