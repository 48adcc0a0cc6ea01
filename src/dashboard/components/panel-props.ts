import type { DashboardModel } from '../model/dashboard-model.js';

/** The properties of every panel. */
export interface PanelContentProps {
  readonly model: DashboardModel;
  /** The digit that focuses it. */
  readonly number: number;
  readonly width: number;
  /** Including the title. */
  readonly height: number;
}
