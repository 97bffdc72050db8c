import './partner-page';
