export type { DashboardJson, DashboardPanel, DashboardRow, PanelQuery, PanelType, PromqlText } from './board.js';
export { createDashboard, type DashboardOptions } from './create-dashboard.js';
export type { RequestNames } from './request-row.js';
